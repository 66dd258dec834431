/** What is asked for: who asks, where, and the target as the instance sees it. */
export interface CacheKey {
  readonly text: string;
  readonly target: string;
}
