import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { InputsKeyRequest } from '@islet/driver';
import type { FileHashes } from './file-hashes.ts';
import { type InputFile, type InputFiles, listInputs } from './input-files.ts';
import { toolVersions } from './toolchain.ts';

/**
 * What a revision is made of, as 64 hexadecimal digits: the paths, executable bits and bytes of its inputs, its build
 * command, and the versions of the tools that its commands use. Equal keys are equal revisions, on one machine.
 */
export async function inputsKey(
  request: InputsKeyRequest,
  { hashes, except }: { readonly hashes: FileHashes; readonly except: readonly string[] },
): Promise<string> {
  const inputs = await listInputs({ ...request, except });
  const commands = [request.build, request.run].filter((command) => command !== undefined);
  const tools = await toolVersions(commands, { path: request.path, known: hashes });
  const lines = await describe(inputs, { hashes, apart: request.apart });
  hashes.save();
  const whole = JSON.stringify({ home: inputs.home, build: request.build ?? null, tools, lines });
  return createHash('sha256').update(whole).digest('hex');
}

async function describe(
  { root, files }: InputFiles,
  { hashes, apart }: { readonly hashes: FileHashes; readonly apart: readonly string[] },
): Promise<readonly string[]> {
  const lines = [];
  for (const file of files) if (!apart.includes(join(root, file.path))) lines.push(await line(root, file, hashes));
  return lines;
}

async function line(root: string, file: InputFile, hashes: FileHashes): Promise<string> {
  if (file.kind === 'link') return `link ${file.path} ${file.target}`;
  const hash = await hashes.hash(join(root, file.path), file.stat);
  return `${file.executable ? 'program' : 'file'} ${file.path} ${hash}`;
}
