export function ivf(codec: 'h264' | 'hevc' | 'vp8' | 'vp9' | 'av1', chunks: readonly Uint8Array[]): Buffer
