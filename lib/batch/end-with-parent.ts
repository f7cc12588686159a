/** How a process ends that works for another one. */

/** Milliseconds that what is at work may take to clean up; less than whoever started the process waits before killing it. */
const PATIENCE = 500

/**
 * Ends this process when the one that started it is gone or has no more use for it: what is at work is aborted first, so
 * that a store keeps no half upload.
 * @param abort resolves when the work has ended
 */
export function endWithParent(abort: () => Promise<unknown>): void {
  process.on('disconnect', () => {
    const end = () => process.exit(1)
    setTimeout(end, PATIENCE)
    abort().then(end, end)
  })
  // Ctrl-C reaches the whole group; the one who gave the work says what happens then.
  process.on('SIGINT', () => {})
}
