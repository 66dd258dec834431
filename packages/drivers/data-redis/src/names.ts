/**
 * Islet's own user, one that looks and can change nothing, and one that follows as a replica and can do nothing else. No
 * service is given their passwords.
 */
export const ADMIN = 'islet';
export const READER = 'islet-reader';
export const FOLLOWER = 'islet-follower';

export function isOurs(user: string): boolean {
  return user === ADMIN || user === READER || user === FOLLOWER;
}
