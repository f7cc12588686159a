import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny'
import { describe, expect, it } from 'vitest'
import { Demuxer } from '../../lib/containers.js'
import type { EncodedAudioChunk, EncodedVideoChunk } from '../../lib/index.js'
import { decodeSound } from '../helpers/audio-codecs.js'
import { decodeAll } from '../helpers/codecs.js'
import { clipsFolder, pictureClips } from '../helpers/media.js'

const FILES = [
  ...pictureClips,
  'bbb_audio_aac_frag.mp4',
  'multiple-aac-tracks.mp4',
  'mp3.ts',
  'sample.flac',
  'sample3.aac',
  'vorbis-eos.ogg',
]

/** Decoding the first seconds shows whether a configuration is right. */
const DECODED = 100

type Chunk = EncodedVideoChunk | EncodedAudioChunk

/** The packets of a track as mediabunny reads them: sizes and times in µs. */
async function packetsByMediabunny(path: string, kind: 'video' | 'audio', index: number) {
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
  const tracks = kind === 'video' ? await input.getVideoTracks() : await input.getAudioTracks()
  const packets: { timestamp: number; byteLength: number }[] = []
  for await (const packet of new EncodedPacketSink(tracks[index]!).packets()) {
    packets.push({ timestamp: packet.microsecondTimestamp, byteLength: packet.data.byteLength })
  }
  input.dispose()
  return packets
}

async function read(path: string) {
  const demuxer = await Demuxer.open(path)
  // A cover picture is no track of pictures that follow each other.
  const video = demuxer.videoTracks.filter(({ codec }) => codec)
  const audio = demuxer.audioTracks
  const tracks = [...video, ...audio]
  const chunks = new Map(tracks.map((track) => [track.id, [] as Chunk[]]))
  for await (const packet of demuxer.packets())
    if (packet.type !== 'other') chunks.get(packet.track.id)!.push(packet.chunk)
  demuxer.close()
  return { video, audio, chunks }
}

describe.each(FILES)('%s', (file) => {
  const path = join(clipsFolder, file)
  const ifThere = it.runIf(existsSync(path))

  ifThere('has the chunks that mediabunny reads', async () => {
    const { video, audio, chunks } = await read(path)
    expect(video.length + audio.length).toBeGreaterThan(0)
    for (const [kind, tracks] of Object.entries({ video, audio } as const)) {
      for (const [index, track] of tracks.entries()) {
        // Ogg may end with an empty packet, which mediabunny leaves out.
        const ours = chunks.get(track.id)!.filter(({ byteLength }) => byteLength > 0)
        const theirs = await packetsByMediabunny(path, kind as 'video' | 'audio', index)
        // A zero byte before a start code belongs to either side of it.
        const sizes = ours.map(({ byteLength }, at) => Math.abs(byteLength - theirs[at]!.byteLength))
        expect(ours).toHaveLength(theirs.length)
        expect(Math.max(...sizes)).toBeLessThanOrEqual(1)
        // mediabunny guesses the times at the ends of Ogg's pages.
        if (track.codec === 'vorbis') continue
        // Either rounds to whole microseconds. Where a track's first picture is late, mediabunny begins at 0, and ffmpeg as we do.
        const since = (list: { timestamp: number }[]) => list.map(({ timestamp }) => timestamp - list[0]!.timestamp)
        const expected = since(theirs)
        const apart = since(ours).map((time, at) => Math.abs(time - expected[at]!))
        expect(Math.max(...apart)).toBeLessThanOrEqual(1)
      }
    }
  })

  ifThere('gives configurations and chunks that decode', async () => {
    const { video, audio, chunks } = await read(path)
    for (const track of video) {
      const all = chunks.get(track.id) as EncodedVideoChunk[]
      const first = all.findIndex(({ type }) => type === 'key')
      const wanted = all.slice(first, first + DECODED)
      const times = await decodeAll(track.decoderConfig!, wanted, ({ timestamp }) => timestamp)
      expect(times).toEqual(wanted.map(({ timestamp }) => timestamp).sort((a, b) => a - b))
    }
    for (const track of audio) {
      const wanted = (chunks.get(track.id) as EncodedAudioChunk[]).slice(0, DECODED)
      const { channels, frames } = await decodeSound(track.decoderConfig!, wanted)
      expect(channels).toHaveLength(track.decoderConfig!.numberOfChannels)
      expect(frames.length).toBeGreaterThan(wanted.length / 2)
      expect(channels[0]!.every((sample) => Math.abs(sample) <= 2)).toBe(true)
    }
  })
})
