import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingPrograms, programsOf } from '../src/program.ts';

const ROWS: readonly (readonly [command: string, programs: readonly string[]])[] = [
  ['node src/main.ts', ['node']],
  ['npm ci && npm run build', ['npm']],
  ['NODE_ENV=production node main.js', ['node']],
  ['cd app; FOO="a b" exec java -jar "the app.jar" >log 2>&1', ['java']],
  ['if test -f go.mod; then go build ./...; else echo none; fi', ['go']],
  ['for m in a b; do mvn -q -pl $m package; done', ['mvn']],
  ['(cd native && cargo build --release) | tee log', ['cargo', 'tee']],
  ['env A=b python3 main.py', ['env', 'python3']],
  ['npm ci &&\\\n  npx tsc # not; this', ['npm', 'npx']],
  ['echo "go; java" \'python3\'', []],
  ['./bin/server', []],
  ['node_modules/.bin/next start', []],
  ['"$JAVA_HOME"/bin/java Main', []],
  ['$(which node) main.js', []],
  ['. venv/bin/activate && gunicorn app', []],
  ['PATH=tools:$PATH; made-by-the-build', []],
  ['serve() { made-up; }; serve', []],
  ['case $1 in x) made-up;; esac', []],
  ['/no/such/program --flag', ['/no/such/program']],
  ['', []],
];

for (const [command, programs] of ROWS) {
  test(`\`${command}\` needs ${programs.join(', ') || 'no program that must be there before'}`, () => {
    assert.deepEqual(programsOf(command), programs);
  });
}

test('names each program that is missing, with what installs it', () => {
  assert.deepEqual(missingPrograms('sh -c true && javac Main.java && frobnicate', '/no/such/folder'), [
    { program: 'sh', hint: 'install sh, or name it by its path' },
    { program: 'javac', hint: 'apt-get install default-jdk-headless' },
    { program: 'frobnicate', hint: 'install frobnicate, or name it by its path' },
  ]);
  assert.deepEqual(missingPrograms('sh -c true', '/no/such/folder:/usr/bin:/bin'), []);
});
