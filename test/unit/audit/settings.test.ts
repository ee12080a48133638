import { ConfigError, loadConfig } from '../../../src/platform';

const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};
const secrets = {
  PIN_PEPPER: `k1:${'11'.repeat(32)}`,
  DATA_KEY: `k1:${'22'.repeat(32)}`,
  INDEX_KEY: '33'.repeat(32),
  HOP_KEY: '44'.repeat(32),
  AUDIT_KEY: `k2:${'55'.repeat(32)},k1:${'66'.repeat(32)}`,
};
const production = {
  ...secrets,
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://somewhere/db',
  AFRICASTALKING_CALLBACK_TOKEN: 'a'.repeat(16),
  AFRICASTALKING_API_KEY: 'key',
  AFRICASTALKING_BASE_URL: 'https://somewhere',
  AUDIT_HEADS_FILE: '/var/lib/heads.jsonl',
};

test('the heads go to a file in DATA_DIR where that is ours anyway, and nowhere else by themselves', () => {
  const { audit, secrets: given } = loadConfig({ DATA_DIR: '/somewhere' });
  expect(audit).toEqual({
    headsFile: '/somewhere/audit-heads.jsonl',
    headsSmsTo: [],
    headsIntervalMs: 60_000,
    headsMaxAgeMs: undefined,
  });
  expect(given.auditKeys).toBeUndefined();
  expect(loadConfig({ DATABASE_URL: 'postgres://a/b', ...secrets, AUDIT_KEY: '' }).audit.headsFile).toBe(
    'data/audit-heads.jsonl',
  );
  expect(loadConfig({ DATABASE_URL: 'postgres://a/b', ...secrets }).audit.headsFile).toBeUndefined();
  expect(loadConfig({ AUDIT_HEADS_FILE: '/elsewhere/heads' }).audit.headsFile).toBe('/elsewhere/heads');
});

test('production needs a key of its own and a way out for the heads', () => {
  expect(problemsOf(production)).toEqual([]);
  expect(loadConfig(production).secrets.auditKeys?.ids).toEqual(['k2', 'k1']);
  expect(problemsOf({ ...production, AUDIT_KEY: '' })).toEqual(['AUDIT_KEY must be set when NODE_ENV=production']);
  const nowhere = { ...production, AUDIT_HEADS_FILE: '' };
  const needed = 'AUDIT_HEADS_FILE or AUDIT_HEADS_SMS_TO must be set when NODE_ENV=production';
  expect(problemsOf(nowhere)).toEqual([needed]);
  expect(problemsOf({ ...nowhere, AUDIT_HEADS_SMS_TO: '+254700000001' })).toEqual([]);
});

test('what is malformed is named, and no key is repeated', () => {
  expect(loadConfig({ AUDIT_HEADS_SMS_TO: '+254700000001,+254700000002' }).audit.headsSmsTo).toHaveLength(2);
  const wrong = {
    AUDIT_HEADS_SMS_TO: '0700000001',
    AUDIT_HEADS_INTERVAL_MS: 'often',
    AUDIT_HEADS_MAX_AGE_MS: '0',
    AUDIT_KEY: 'k1:feed',
  };
  const problems = problemsOf(wrong).join('\n');
  for (const name of Object.keys(wrong)) expect(problems).toContain(name);
  expect(problems).not.toContain('feed');
});
