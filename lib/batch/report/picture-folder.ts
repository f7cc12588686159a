/** The pictures of finished jobs, each job's in a file of its own, so that a batch that is continued has them too. */
import { joinAddress } from '../storage/addresses.js'
import type { Locations } from '../storage/locations.js'
import type { Comparison } from './compare.js'

export class PictureFolder {
  readonly #address: string
  readonly #locations: Locations

  /** @param address of the folder, which need not exist yet */
  constructor(address: string, locations: Locations) {
    this.#address = address
    this.#locations = locations
  }

  /** @returns null where there are none, or where what is there is damaged */
  async read(key: string): Promise<Comparison | null> {
    try {
      const { storage, key: name } = await this.#locate(key)
      const data = await storage.readWhole(name)
      return data && (JSON.parse(Buffer.from(data).toString('utf8')) as Comparison)
    } catch {
      return null
    }
  }

  /** @throws BatchError */
  async write(key: string, comparison: Comparison): Promise<void> {
    const { storage, key: name } = await this.#locate(key)
    await storage.write(name, Buffer.from(JSON.stringify(comparison)))
  }

  #locate(key: string) {
    return this.#locations.locate(joinAddress(this.#address, `${key}.json`))
  }
}
