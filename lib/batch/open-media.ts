/** Who reads and who writes: mediabunny where it can. */
import { type ContainerName, containerNamed } from './formats.js'
import type { Job } from './job.js'
import { libavformatAbilities, openLibavformatSink } from './libavformat-sink.js'
import { openWithLibavformat } from './libavformat-source.js'
import type { ContainerAbilities, MediaSink, MediaSource, SinkOptions } from './media-io.js'
import { type MediabunnyContainer, mediabunnyAbilities, openMediabunnySink } from './mediabunny-sink.js'
import { openWithMediabunny, type RangedFile } from './mediabunny-source.js'
import { isAddress } from './storage/addresses.js'

/**
 * @param ranged how the file is read, unless its path is one of this machine
 * @throws InputError
 */
export async function openSource(input: Job['input'], ranged?: RangedFile): Promise<MediaSource> {
  const { path, format, options } = input
  // Whoever names a format or its options means libavformat's.
  const isForMediabunny = format === undefined && options === undefined && (ranged || !isAddress(path))
  const source = isForMediabunny ? await openWithMediabunny(path, ranged) : null
  return source ?? openWithLibavformat(input, await ranged?.copy())
}

export function abilities(name: ContainerName): ContainerAbilities {
  const { libavformat, audio } = containerNamed(name)
  return libavformat
    ? libavformatAbilities(libavformat, audio !== null)
    : mediabunnyAbilities(name as MediabunnyContainer)
}

/** @param named the path that errors tell */
export function openSink(options: SinkOptions, named: string): MediaSink {
  const { libavformat } = containerNamed(options.container)
  return libavformat
    ? openLibavformatSink(libavformat, options, named)
    : openMediabunnySink(options.container as MediabunnyContainer, options, named)
}
