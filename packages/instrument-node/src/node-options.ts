/** `NODE_OPTIONS` with a file that is loaded first; what the service says itself stays, and comes after. */
export function withPreload(path: string, options: string | undefined): string {
  const quoted = /[\s"\\]/.test(path) ? `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : path;
  return [`--require ${quoted}`, options].filter(Boolean).join(' ');
}
