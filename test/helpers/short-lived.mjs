// Lives for a little while, and ends with the status that it is given.
import { setTimeout as sleep } from 'node:timers/promises'

await sleep(2500)
console.log(`ends with ${process.argv[2]}`)
process.exitCode = Number(process.argv[2])
