// Loaded before a program by `webcodecs-native watch`: draws the figures while the program runs.
import { isMainThread } from 'node:worker_threads'
import { showStatistics } from '../dist/diagnostics.js'

// What is loaded before a program is loaded in its worker threads too; the figures are those of all.
if (isMainThread) showStatistics()
