/** For programs that say themselves what is wrong with a file, once. */
import { Logging, LogLevel } from 'mediabunny'

Logging.level = LogLevel.Silent
