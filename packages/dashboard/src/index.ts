import { fileURLToPath } from 'node:url';

/** Where the pages are once they are built: `./islet dashboard` does that in a checkout, packing does it for who installs. */
export const BUILT_FOLDER = fileURLToPath(new URL('../built/', import.meta.url));
