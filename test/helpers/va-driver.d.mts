/**
 * The environment of a process that finds one VA-API device: the driver of `va-driver/driver.cc` behind the file
 * `device`, in a `folder` that is removed by `remove()`, and where a file "hang" or "broken" makes it so. null where
 * libva's headers are not installed.
 */
export function installVaDriver(): { env: NodeJS.ProcessEnv; device: string; folder: string; remove(): void } | null
