import { listProcesses } from '@islet/supervise';
import { listeningSockets, openFiles } from './port-owner.ts';

/** TCP ports that a process and all below it listen on, in order; none where that can't be told. */
export async function listeningPorts(pid: number): Promise<readonly number[]> {
  const files = new Set((await Promise.all(treeOf(pid).map((each) => openFiles(String(each))))).flat());
  const sockets = (await listeningSockets()).filter(({ inode }) => files.has(`socket:[${inode}]`));
  return [...new Set(sockets.map(({ port }) => port))].sort((a, b) => a - b);
}

function treeOf(root: number): readonly number[] {
  const all = listProcesses();
  const tree = [root];
  for (const parent of tree) tree.push(...all.filter((it) => it.parent === parent).map(({ pid }) => pid));
  return tree;
}
