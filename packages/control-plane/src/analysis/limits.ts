/** How often the requests of an open trial are looked at. What comes in between counts as of the same time. */
export const LOOK_EVERY_MS = 1_000;
/** How often evidence is kept on disk: so much of it is lost at most when the control plane is killed. */
export const KEEP_EVERY_MS = 5_000;
/** One answer of the proxy's counts. */
export const COUNTS_MS = 2_000;
/** Made-up requests: as many at once to each of the two revisions, … */
export const SAMPLE_CONCURRENCY = 2;
/** … at most so many each time, … */
export const MOST_SAMPLES = 500;
/** … each for so long, … */
export const SAMPLE_MS = 5_000;
/** … and all of them. */
export const SAMPLES_MS = 60_000;
/** How often the checks of a file are asked, how long each may take, and how many failures in a row are one too many. */
export const CHECK_EVERY_MS = 5_000;
export const CHECK_MS = 5_000;
export const CHECK_FAILURES = 2;
