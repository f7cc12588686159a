/** Batch transcoding on the classes of this package: docs/batch.md. */

export {
  AbortError,
  BatchError,
  type BatchErrorCode,
  EncodeError,
  errorFromJSON,
  FarmError,
  InputError,
  InternalError,
  JobError,
  OutputError,
  type SerializedBatchError,
  StorageError,
  UnsupportedError,
} from './batch/errors.js'
export { type AudioCodecName, type ContainerName, containerNames, type VideoCodecName } from './batch/formats.js'
export {
  type AudioSettings,
  type ContactSheetSettings,
  type Fit,
  type HlsSettings,
  type InputDescription,
  type Job,
  type JobDescription,
  type ParsedAudio,
  type ParsedVideo,
  parseJob,
  type Rendition,
  type RenditionDescription,
  type ThumbnailSettings,
  type VideoSettings,
} from './batch/job.js'
export type { JobTemplate } from './batch/job-template.js'
export {
  type BatchRecord,
  type DoneRecord,
  type FailedRecord,
  type JournalRecord,
  readJournal,
  type StartRecord,
} from './batch/journal.js'
export { presetNames } from './batch/presets.js'
export { type ProbedAudio, type ProbedVideo, type ProbeOptions, type ProbeResult, probe } from './batch/probe.js'
export type { Progress } from './batch/progress.js'
export type { Comparison, PicturePair, ReportPicture } from './batch/report/compare.js'
export type { ReportedJob } from './batch/report/report.js'
export type { AudioResult, OutputResult, TranscodeResult, VariantResult, VideoResult } from './batch/result.js'
export { type BatchEvent, type BatchOptions, type BatchResult, runBatch } from './batch/run-batch.js'
export type { S3Options } from './batch/storage/s3.js'
export { type TranscodeOptions, type Transcoding, transcode } from './batch/transcode.js'
export type { RunOptions } from './batch/transcoding.js'
