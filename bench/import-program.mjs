// Prints, in milliseconds, how long the package takes to import, and its first use to load the native library.
const start = performance.now()
const { VideoFrame } = await import('../dist/index.js')
const imported = performance.now()
new VideoFrame(new Uint8Array(384), { format: 'I420', codedWidth: 16, codedHeight: 16, timestamp: 0 }).close()
console.log(JSON.stringify({ import: imported - start, firstUse: performance.now() - imported }))
