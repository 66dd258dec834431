import module from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Instrumentations change a module when it is *required*. A package in CommonJS that an ES module imports is loaded past
 * that. So whatever is imported and is the main file of a package to be changed is required first: the import then finds
 * the changed one. No second thread is started for it and no source is rewritten, as the usual loader hooks do.
 */
export function requireWhatIsImported(packages: readonly string[], require: NodeJS.Require): void {
  // Since Node 22.15; before, packages that ES modules import are not traced, and the runtime's own HTTP still is.
  if (typeof module.registerHooks !== 'function') return;
  const mains = new RegExp(
    `^file:.*/node_modules/(${packages.map((name) => RegExp.escape?.(name) ?? name).join('|')})/`,
  );
  const seen = new Set<string>();
  module.registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      if (context.conditions.includes('import') && mains.test(resolved.url) && !seen.has(resolved.url)) {
        seen.add(resolved.url);
        if (resolved.format === 'commonjs') replace(fileURLToPath(resolved.url), require);
      }
      return resolved;
    },
  });
}

/**
 * Some packages are changed in place; of others a wrapper is what `require` returns. What a module exported when it was loaded
 * is remembered for imports by the module itself, so that another one, which exports the wrapper, takes its place.
 */
function replace(path: string, require: NodeJS.Require): void {
  const changed: unknown = require(path);
  const loaded = require.cache[path];
  if (loaded === undefined || loaded.exports === changed) return;
  const twin = Object.assign(new module.Module(path), loaded, { exports: changed });
  require.cache[path] = twin;
}
