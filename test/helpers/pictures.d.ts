type Yuv = `I4${'20' | '22' | '44'}${'' | 'A'}${'' | 'P10' | 'P12'}`
export type PictureFormat = Yuv | 'NV12' | 'RGBA' | 'RGBX' | 'BGRA' | 'BGRX'

export const pixelFormats: PictureFormat[]

export function formatOf(name: PictureFormat): {
  depth: number
  horizontal: number
  vertical: number
  hasAlpha: boolean
  isRgb: boolean
}

export interface PictureLayout {
  size: number
  planes: { offset: number; stride: number; rows: number }[]
}

export function layoutOf(format: PictureFormat, width: number, height: number): PictureLayout
export function yuvPicture(format: 'I420' | 'I422' | 'I444', width: number, height: number, index: number): Uint8Array
export function i420Picture(width: number, height: number, index: number): Uint8Array
export function rgbaPicture(width: number, height: number, index: number): Uint8Array
export function psnr(expected: Uint8Array, actual: Uint8Array, start?: number, length?: number): number
