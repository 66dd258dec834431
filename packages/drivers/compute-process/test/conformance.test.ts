import { computeConformance } from '@islet/driver/conformance';
import { PATH, World } from './support/world.ts';

computeConformance('compute-process', async () => {
  const world = await World.open();
  return {
    driver: world.driver,
    path: PATH,
    folder: async (service) => world.source(service),
    kill: async ({ process: state }) => {
      if (state.kind !== 'exited') process.kill(state.pid, 'SIGKILL');
    },
    reopen: () => world.reopen(),
    close: () => world.remove(),
  };
});
