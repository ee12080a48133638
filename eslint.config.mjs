import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import ts from 'typescript-eslint';

const sizeRules = {
  'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
  complexity: ['error', 12],
  'max-params': ['error', 4],
};

const clockRules = [
  {
    selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
    message: 'Ask the injected clock.',
  },
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Ask the injected clock.' },
];
const houseRules = [
  { selector: 'ExportDefaultDeclaration', message: 'Exports have names.' },
  { selector: 'CallExpression[callee.name="parseFloat"]', message: 'Money is bigint minor units, never a float.' },
];

export default ts.config(
  { ignores: ['node_modules/', 'data/', 'coverage/', 'sims/phone/public/'] },
  {
    files: ['**/*.{js,mjs,cjs}'],
    ...js.configs.recommended,
    languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable' } },
  },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...sizeRules,
      'no-console': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-invalid-void-type': 'off', // `port<Input, void>()`: a service that answers nothing
      'no-restricted-syntax': ['error', ...houseRules, ...clockRules],
    },
  },
  // A tree is one expression; a test and a simulator may look at the clock on the wall.
  { files: ['menus/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['test/**/*.ts', 'sims/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', 'no-console': 'off', 'no-restricted-syntax': ['error', ...houseRules] },
  },
  // What an actor takes and gives is what its tree declares: `provide` holds it to that.
  { files: ['src/app/actors/*.ts'], rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' } },
  { files: ['src/platform/clock.ts'], rules: { 'no-restricted-syntax': ['error', ...houseRules] } },
  prettier,
);
