/**
 * What the runtime is told when a proxy is started; once it runs, it no longer takes it.
 *
 * A request leaves garbage behind, which the collector goes through in megabytes: the objects of some thousand requests, and
 * their bodies. Left to itself the engine makes that room ever larger, until it no longer fits into the processor's caches,
 * and each write goes to memory: from then on a request takes a third more. With 8 MB it stays as quick as it is at first.
 *
 * And where much is in flight, the engine sees that objects outlive a collection, and takes it for a sign that they live long:
 * from then on it makes them among the old ones (*pretenuring*). They die with their requests all the same, so that with
 * a thousand in flight 80 MB a second had to be found again by full collections. It is told to make them where they die young.
 */
export const RUNTIME_FLAGS: readonly string[] = ['--max-semi-space-size=8', '--no-allocation-site-pretenuring'];
