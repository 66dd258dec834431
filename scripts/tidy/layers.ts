import { importsOf, stringsOf } from './code.ts';
import { type Manifest, type Package, packagesOf } from './manifest.ts';
import { type Finding, isOurCode, isTest, lineAt, type Rule } from './model.ts';

/*
 * The one-way flow, as a table: which packages of the workspace a package may import. A package that is not here has no
 * place in the architecture yet. Tests keep to it too, or the packages could not be tested on their own.
 */
const DRIVER = ['driver', 'supervise', 'spec', 'policy', 'plan'] as const;
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  spec: [],
  policy: ['spec'],
  plan: ['spec'],
  supervise: [],
  driver: ['spec', 'policy', 'plan', 'supervise'],
  backup: ['driver'],
  keeper: [],
  'instrument-node': [],
  errors: [],
  proxy: ['spec', 'policy', 'supervise', 'keeper'],
  'compute-process': DRIVER,
  'data-files': [...DRIVER, 'backup'],
  'data-postgres': [...DRIVER, 'backup'],
  'data-mariadb': [...DRIVER, 'backup'],
  'data-redis': [...DRIVER, 'backup'],
  'data-sqlite': [...DRIVER, 'backup'],
  'traffic-proxy': [...DRIVER, 'proxy'],
  client: ['spec', 'plan'],
  telemetry: ['spec', 'policy', 'client', 'supervise', 'keeper', 'errors'],
  // Its pages know the API alone; the control plane knows where they are once they are built.
  dashboard: ['client', 'spec', 'plan'],
  cli: ['client', 'spec'],
  simulation: ['spec', 'policy', 'plan', 'driver', 'client', 'control-plane'],
  'control-plane': [
    ...DRIVER,
    'backup',
    'proxy',
    'keeper',
    'instrument-node',
    'client',
    'telemetry',
    'dashboard',
    'compute-process',
    'data-files',
    'data-mariadb',
    'data-postgres',
    'data-redis',
    'data-sqlite',
    'traffic-proxy',
  ],
};

/** The composition roots, one for each process: the only code that names concrete drivers. */
const COMPOSITION_ROOT = /^packages\/control-plane\/(src\/(main|compose|backup-main|recover-main)\.ts$|test\/)/;

const SCOPE = '@islet/';

/** Imports between packages point one way, through what a package exports, and are declared. */
export const layers: Rule = ({ files }) => {
  const packages = packagesOf(files);
  const root = [...packages.values()].find(({ folder }) => folder === '');
  return [...files]
    .filter(([path]) => isOurCode(path))
    .flatMap(([path, text]) => {
      const owner = ownerOf(path, packages);
      return referencesOf(path, text).flatMap((found) => {
        const problem = judge({ path, found, owner, packages, root: root?.manifest });
        return problem === undefined ? [] : [{ path, line: lineAt(text, found.index), ...problem }];
      });
    });
};

interface Reference {
  readonly specifier: string;
  readonly index: number;
  /** `address`: only where the module is, as by `import.meta.resolve`. */
  readonly kind: 'import' | 'address';
}

/** What the text imports; in a package also every string that is the address of a module of the workspace. */
function referencesOf(path: string, text: string): readonly Reference[] {
  const imports = importsOf(text);
  const imported = new Set(imports.map(({ index }) => index));
  const addresses = stringsOf(text).filter(
    (found) => path.startsWith('packages/') && found.text.startsWith(SCOPE) && !imported.has(found.index),
  );
  return [
    ...imports.map(({ text: specifier, index }) => ({ specifier, index, kind: 'import' as const })),
    ...addresses.map(({ text: specifier, index }) => ({ specifier, index, kind: 'address' as const })),
  ];
}

/** The innermost package whose folder holds the path. */
function ownerOf(path: string, packages: ReadonlyMap<string, Package>): Package | undefined {
  const around = [...packages.values()].filter(({ folder }) => folder !== '' && path.startsWith(`${folder}/`));
  return around.sort((a, b) => b.folder.length - a.folder.length)[0];
}

type Problem = Pick<Finding, 'rule' | 'message' | 'remedy'>;

interface Case {
  readonly path: string;
  readonly found: Reference;
  readonly owner: Package | undefined;
  readonly packages: ReadonlyMap<string, Package>;
  readonly root: Manifest | undefined;
}

function judge(one: Case): Problem | undefined {
  const { specifier } = one.found;
  if (specifier.startsWith('node:')) return undefined;
  if (specifier.startsWith('.')) return judgeRelative(one);
  if (specifier.startsWith(SCOPE)) return judgeWorkspace(one);
  return judgeDeclared(one, packageName(specifier));
}

function judgeRelative({ path, found, owner, packages }: Case): Problem | undefined {
  const target = resolvePath(path, found.specifier);
  const other = ownerOf(target, packages);
  if (other === undefined || other.folder === owner?.folder) return undefined;
  return {
    rule: 'import-inside',
    message: `${found.specifier} reaches into ${other.manifest.name}`,
    remedy: `import what ${other.manifest.name} exports, by its name`,
  };
}

function judgeWorkspace(one: Case): Problem | undefined {
  const { path, found, owner, packages } = one;
  const name = packageName(found.specifier);
  const target = packages.get(name);
  const entry = `.${found.specifier.slice(name.length)}`;
  if (target === undefined) {
    return { rule: 'import-unknown', message: `${name} is no package of this workspace`, remedy: 'correct the name' };
  }
  if (!Object.hasOwn(target.manifest.exports ?? {}, entry)) {
    return {
      rule: 'import-inside',
      message: `${found.specifier} is not exported`,
      remedy: `export it in ${target.folder}/package.json, or import one of ${Object.keys(target.manifest.exports ?? {}).join(', ')}`,
    };
  }
  if (owner === undefined || owner === target || !/^(packages\/|simulation$)/.test(owner.folder)) return undefined;
  // To start another program one need not know its code.
  const direction = found.kind === 'address' ? undefined : judgeDirection(path, owner, target);
  return direction ?? judgeDeclared(one, name);
}

function judgeDirection(path: string, owner: Package, target: Package): Problem | undefined {
  const [from, to] = [shortName(owner), shortName(target)];
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) {
    return {
      rule: 'import-direction',
      message: `${from} has no place in the order of packages`,
      remedy: 'give it one in scripts/tidy/layers.ts, and say why in the commit',
    };
  }
  if (!allowed.includes(to)) {
    return {
      rule: 'import-direction',
      message: `${from} must not import ${to}`,
      remedy: `it may import ${allowed.join(', ') || 'no package of the workspace'}: move what both need to the left, or pass it in`,
    };
  }
  if (target.folder.startsWith('packages/drivers/') && !COMPOSITION_ROOT.test(path)) {
    return {
      rule: 'concrete-driver',
      message: `${to} is a concrete driver`,
      remedy: 'depend on the contract in @islet/driver, and let the composition root pass the driver in',
    };
  }
  return undefined;
}

function judgeDeclared({ path, owner, root }: Case, name: string): Problem | undefined {
  const manifests = [owner?.manifest, isTest(path) || owner === undefined ? root : undefined];
  const declared = manifests.some((manifest) => {
    const { dependencies, optionalDependencies, devDependencies } = manifest ?? {};
    const mayBeDev = isTest(path) || owner === undefined || isBundled(path);
    const forTests = mayBeDev ? devDependencies : undefined;
    return [dependencies, optionalDependencies, forTests].some((names) => Object.hasOwn(names ?? {}, name));
  });
  // A package may name itself; scripts run in the workspace, where every package is.
  if (declared || name === owner?.manifest.name || (owner === undefined && name.startsWith(SCOPE))) return undefined;
  return {
    rule: 'import-undeclared',
    message: `${name} is not among the dependencies`,
    remedy: `declare it in ${owner?.folder ?? '.'}/package.json`,
  };
}

/** Built into one piece before it is published: who installs it needs none of what it imports. */
function isBundled(path: string): boolean {
  return path.startsWith('packages/dashboard/app/');
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function shortName({ manifest }: Package): string {
  return manifest.name.slice(SCOPE.length);
}

/** `../b.ts` from `x/y/a.ts` is `x/b.ts`. */
export function resolvePath(from: string, relative: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
