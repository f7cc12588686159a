/** Who reads and who writes: mediabunny where it can. */
import { InputError } from './errors.js'
import { type ContainerName, containerNamed } from './formats.js'
import type { Job } from './job.js'
import { libavformatAbilities, openLibavformatSink } from './libavformat-sink.js'
import { isAddress, openWithLibavformat } from './libavformat-source.js'
import type { ContainerAbilities, MediaSink, MediaSource, SinkOptions } from './media-io.js'
import { type MediabunnyContainer, mediabunnyAbilities, openMediabunnySink } from './mediabunny-sink.js'
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
