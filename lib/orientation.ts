/** Rotation and flip of a VideoFrame: rotation in degrees clockwise, applied before the horizontal flip. */

export interface Orientation {
  readonly rotation: number
  readonly flip: boolean
}

/** The remainder of a division by 360 that is never negative (adding zero turns -0 into 0). */
const withoutFullTurns = (degrees: number): number => degrees - Math.floor(degrees / 360) * 360 + 0

/** spec: "Parse Rotation": the nearest multiple of 90, ties towards positive infinity, within a full turn. */
export function parseRotation(rotation: number): number {
  return withoutFullTurns(Math.floor(rotation / 90 + 0.5) * 90)
}

/** spec: "Add Rotations" */
export function addRotations(baseRotation: number, baseFlip: boolean, rotation: number): number {
  return withoutFullTurns(baseFlip ? baseRotation - rotation : baseRotation + rotation)
}

/** Whether a rotation exchanges width and height. */
export const swapsSides = (rotation: number): boolean => rotation === 90 || rotation === 270
