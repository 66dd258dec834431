/** Seconds of processor time of this process, all of its threads together. */
export async function cpuSeconds(act: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
