/** HLS: all renditions as variants of one presentation, in a folder that appears whole. */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CmafOutputFormat, HlsOutputFormat, MpegTsOutputFormat, Output, PathedTarget, StreamTarget } from 'mediabunny'
import { outputError } from './errors.js'
import { fileStream, type PendingOutput } from './file-writer.js'
import type { HlsSettings } from './job.js'
import type { ContainerAbilities, MediaSink } from './media-io.js'
import { abilitiesOf, MediabunnySink } from './mediabunny-sink.js'
import type { OutputResult, VariantResult } from './result.js'

const MASTER = 'master.m3u8'

export interface HlsSink {
  readonly sink: MediaSink
  readonly able: ContainerAbilities
}

export async function openHlsSink(
  { segment, format }: Required<HlsSettings>,
  pending: PendingOutput,
  metadata: Readonly<Record<string, string>>,
): Promise<HlsSink> {
  const folder = pending.temporaryPath
  await mkdir(folder).catch((error) => {
    throw outputError(pending.path, error)
  })
  const hls = new HlsOutputFormat({
    segmentFormat: format === 'ts' ? new MpegTsOutputFormat() : new CmafOutputFormat(),
    targetDuration: segment,
  })
  const target = new PathedTarget(
    MASTER,
    ({ path }) => new StreamTarget(fileStream(join(folder, path), join(pending.path, path)), { chunked: true }),
  )
  return {
    sink: new MediabunnySink(new Output({ format: hls, target }), metadata, pending.path, false),
    able: abilitiesOf(hls),
  }
}

/** The folder's files, with the playlist to begin with at first. */
export async function hlsResult({ path }: PendingOutput, variants: VariantResult[]): Promise<OutputResult> {
  const names = (await readdir(path)).sort()
  const files = [MASTER, ...names.filter((name) => name !== MASTER)].map((name) => join(path, name))
  let bytes = 0
  for (const file of files) bytes += (await stat(file)).size
  return {
    kind: 'hls',
    name: null,
    path,
    files,
    container: null,
    bytes,
    video: null,
    audio: [],
    variants,
    warnings: [],
  }
}
