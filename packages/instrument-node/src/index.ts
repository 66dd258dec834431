export { bundlePreload } from './bundle.ts';
export { withPreload } from './node-options.ts';
