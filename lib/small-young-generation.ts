/**
 * For processes of this package alone. What media files are read into and written from is garbage a moment later, and
 * V8 sees the objects that hold it, which are small: by the time that a young generation of 16 MB is full of them, 50 MB
 * of such memory have piled up. One that does not grow is cleaned sooner, which takes no measurable time.
 */
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--semi-space-growth-factor=1')
