import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitStatements } from '../src/statements.ts';

const ROWS: readonly [string, string, readonly [string, number][]][] = [
  ['nothing', ' -- nothing\n# at all\n', []],
  [
    'two statements, and their lines',
    'SELECT 1;\n\nSELECT 2;\n',
    [
      ['SELECT 1', 1],
      ['SELECT 2', 3],
    ],
  ],
  [
    'a semicolon in a string',
    "SELECT 'a;\\';b';SELECT 2",
    [
      ["SELECT 'a;\\';b'", 1],
      ['SELECT 2', 1],
    ],
  ],
  ['a semicolon in a quoted name', 'SELECT `a;``b`;', [['SELECT `a;``b`', 1]]],
  [
    'a semicolon in a comment',
    'SELECT 1 /* ; */ + 1 -- ;\n# ;\n; SELECT 2',
    [
      ['SELECT 1 /* ; */ + 1 -- ;\n# ;', 1],
      ['SELECT 2', 3],
    ],
  ],
  [
    'two dashes that are no comment',
    'SELECT 1--1; SELECT 2',
    [
      ['SELECT 1--1', 1],
      ['SELECT 2', 1],
    ],
  ],
  [
    'a semicolon in a comment that begins with an M',
    '/*Mind this; and that */ SELECT 1 /*M;*/; SELECT 2',
    [
      ['SELECT 1 /*M;*/', 1],
      ['SELECT 2', 1],
    ],
  ],
  [
    'what runs in MariaDB alone',
    '/*!50000 SET a = 1 */; /*M! SET b = 2 */;',
    [
      ['/*!50000 SET a = 1 */', 1],
      ['/*M! SET b = 2 */', 1],
    ],
  ],
  [
    "a routine's body",
    'DELIMITER //\nCREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @x = 1; SET @y = 2; END//\nDELIMITER ;\nSELECT 3;',
    [
      ['CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @x = 1; SET @y = 2; END', 2],
      ['SELECT 3', 4],
    ],
  ],
  ['a string that never ends', "SELECT 'a; SELECT 2", [["SELECT 'a; SELECT 2", 1]]],
];

describe('SQL of MariaDB is cut into statements:', () => {
  for (const [name, sql, statements] of ROWS) {
    it(name, () => {
      assert.deepEqual(
        splitStatements(sql).map(({ text, line }) => [text, line]),
        statements,
      );
    });
  }
});
