import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { type Answers, aService, aStatus, type FakeControlPlane, startFake } from '@islet/client/testing';
import { removeFolder, SYSTEM, tempFolder } from './run.ts';

export interface FakeSystem {
  /** Its files; another for each test. */
  readonly folder: string;
  /** A control plane of it that knows of one service, `web`, and gives these answers. It ends with the test. */
  answering(answers: Answers, status?: ReturnType<typeof aStatus>): Promise<FakeControlPlane>;
}

/** To be called once in a file, for each of its tests. */
export function fakeSystem(): FakeSystem {
  let folder = '';
  const fakes: FakeControlPlane[] = [];
  beforeEach(() => {
    folder = tempFolder(SYSTEM);
  });
  afterEach(async () => {
    for (const fake of fakes.splice(0)) await fake.kill();
    removeFolder(folder);
  });
  return {
    get folder() {
      return folder;
    },
    answering: async (answers, status = aStatus([aService('web')])) => {
      const fake = await startFake({ status, stateFolder: join(folder, '.islet'), answers });
      fakes.push(fake);
      return fake;
    },
  };
}
