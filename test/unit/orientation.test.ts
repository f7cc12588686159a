import { describe, expect, it } from 'vitest'
import { addRotations, parseRotation } from '../../lib/orientation.js'

describe('Parse Rotation', () => {
  it.each([
    [0, 0],
    [44.9, 0],
    [45, 90],
    [-45, 0],
    [-46, 270],
    [90, 90],
    [135, 180],
    [360, 0],
    [450, 90],
    [-90, 270],
    [-360, 0],
    [-720.1, 0],
    [1e6, 270],
  ])('of %f is %i', (rotation, expected) => {
    expect(parseRotation(rotation)).toBe(expected)
  })
})

describe('Add Rotations', () => {
  it.each([
    [90, false, 90, 180],
    [270, false, 180, 90],
    [90, true, 90, 0],
    [0, true, 90, 270],
    [180, true, 270, 270],
  ])('of %i (flip %s) and %i is %i', (base, flip, rotation, expected) => {
    expect(addRotations(base, flip, rotation)).toBe(expected)
  })
})
