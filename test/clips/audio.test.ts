import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny'
import { describe, expect, it } from 'vitest'
import { type AudioDecoderConfig, EncodedAudioChunk } from '../../lib/index.js'
import { decodeSound } from '../helpers/audio-codecs.js'
import { clipsFolder, ffmpeg } from '../helpers/media.js'

/** The audio tracks of the clips, and how ffmpeg has to be told to decode every packet and to leave nothing out. */
const TRACKS: [file: string, track: number, demuxer: string[]][] = [
  ['sample.flac', 0, []],
  ['sample3.aac', 0, []],
  ['bbb_audio_aac_frag.mp4', 0, ['-ignore_editlist', '1']],
  ['vorbis-eos.ogg', 0, []],
  ['mp3.ts', 0, []],
  ['multiple-aac-tracks.mp4', 0, ['-ignore_editlist', '1']],
  ['multiple-aac-tracks.mp4', 1, ['-ignore_editlist', '1']],
  ['no-initial-keyframe.ts', 0, []],
  ['../conformance/sfx-aac.mp4', 0, ['-ignore_editlist', '1']],
  ['../conformance/sfx-alaw.wav', 0, []],
  ['../conformance/sfx-mulaw.wav', 0, []],
  ['../conformance/sfx-opus.ogg', 0, []],
  ['../conformance/sfx.adts', 0, []],
  ['../conformance/sfx.mp3', 0, []],
]

const LOSSLESS = /^(flac|alaw|ulaw|pcm)/

async function demuxSound(path: string, index: number) {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  const track = (await input.getAudioTracks())[index]!
  const config = (await track.getDecoderConfig()) as AudioDecoderConfig
  const chunks: EncodedAudioChunk[] = []
  for await (const packet of new EncodedPacketSink(track).packets()) {
    chunks.push(new EncodedAudioChunk({ type: 'key', timestamp: packet.microsecondTimestamp, data: packet.data }))
  }
  input.dispose()
  return { config, chunks }
}

/** The difference in dB of what is there on both sides, full scale being 0 dB. */
function difference(ours: readonly number[][], reference: ArrayLike<number>): number {
  const channels = ours.length
  let highest = 0
  for (let channel = 0; channel < channels; channel++) {
    const samples = ours[channel]!
    const length = Math.min(samples.length, reference.length / channels)
    for (let frame = 0; frame < length; frame++) {
      highest = Math.max(highest, Math.abs(samples[frame]! - reference[frame * channels + channel]!))
    }
  }
  return 20 * Math.log10(highest || 1e-12)
}

describe.skipIf(!existsSync(clipsFolder))('sound of real clips', () => {
  it.each(TRACKS.filter(([file]) => existsSync(join(clipsFolder, file))))(
    '%s, track %i, is what ffmpeg decodes',
    async (file, index, demuxer) => {
      const path = join(clipsFolder, file)
      const { config, chunks } = await demuxSound(path, index)
      const isLossless = LOSSLESS.test(config.codec)
      const decoded = await decodeSound(config, chunks, isLossless ? 's16' : 'f32-planar')
      const args = [
        // Of Opus the pre-skip is removed on both sides, and what its last page leaves out by ffmpeg alone.
        ...(config.codec === 'opus' ? [] : ['-flags2', 'skip_manual']),
        ...demuxer,
        '-i',
        path,
        '-map',
        `0:a:${index}`,
        '-f',
        isLossless ? 's16le' : 'f32le',
        'pipe:1',
      ]
      const { stdout } = await ffmpeg(args)
      const { buffer } = new Uint8Array(stdout)
      const reference = isLossless ? new Int16Array(buffer) : new Float32Array(buffer)
      const frames = reference.length / decoded.channels.length
      const tolerance = file.endsWith('.ts') ? 2 * 2048 : config.codec === 'opus' ? 960 : 0
      expect(Math.abs(decoded.channels[0]!.length - frames)).toBeLessThanOrEqual(tolerance)
      expect(difference(decoded.channels, reference)).toBeLessThan(isLossless ? -200 : -90)
    },
  )
})
