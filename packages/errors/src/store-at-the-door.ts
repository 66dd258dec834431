/**
 * What PostgreSQL says to whoever knocks while it starts or stops, in its own log and as FATAL. Islet knocks until it opens, at
 * each start, each drill and each restore: that is nobody's error, and would be the first that anybody sees of a new system.
 */
const AT_THE_DOOR =
  /\bFATAL: {1,2}(?:the database system is (?:starting up|shutting down|in recovery mode|not (?:yet )?accepting connections)|terminating connection due to administrator command)\b/;

export function isAtTheDoor(text: string): boolean {
  return AT_THE_DOOR.test(text);
}
