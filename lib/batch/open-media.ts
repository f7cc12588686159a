/** Who reads and who writes: mediabunny where it can. */
import { InputError } from './errors.js'
import type { ContainerName } from './formats.js'
import type { Job } from './job.js'
import { isAddress, openWithLibavformat } from './libavformat-source.js'
import type { ContainerAbilities, MediaSink, MediaSource, SinkOptions } from './media-io.js'
import { mediabunnyAbilities, openMediabunnySink } from './mediabunny-sink.js'
import { openWithMediabunny, type RangedFile } from './mediabunny-source.js'

/**
 * @param ranged how the file is read, unless its path is one of this machine
 * @throws InputError
 */
export async function openSource(input: Job['input'], ranged?: RangedFile): Promise<MediaSource> {
  const { path, format, options } = input
  if (ranged) {
    const source = await openWithMediabunny(path, ranged)
    if (!source) throw new InputError('unknown-format', `${path}: it is not a media file of a known format`)
    return source
  }
  // Whoever names a format or its options means libavformat's.
  if (isAddress(path) || format !== undefined || options !== undefined) return openWithLibavformat(input)
  return (await openWithMediabunny(path)) ?? openWithLibavformat(input)
}

export const abilities = (container: ContainerName): ContainerAbilities => mediabunnyAbilities(container)

/** @param named the path that errors tell */
export const openSink = (options: SinkOptions, named: string): MediaSink => openMediabunnySink(options, named)
