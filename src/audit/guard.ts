import { assert, type Json } from '../platform';

/** Words of a key, singular, that say that its value is a secret. */
const secretWords = new Set([
  ...['pin', 'mpin', 'otp', 'totp', 'cvv', 'cvc', 'secret', 'token', 'password', 'passwd', 'passcode', 'passphrase'],
  ...['pepper', 'salt', 'seed', 'credential', 'authorization', 'cookie', 'keyring'],
]);
/** What a name would be that is written in one word: `apikey`, `newpin`. */
const secretParts =
  /password|passcode|passphrase|secret|pepper|credential|(api|private|secret|data|index|hop|signing)keys?$|(new|old|user)pins?$/;
/** People come and go; what is in the log stays. It says who by an id. */
const personalParts =
  /^names?$|(first|last|middle|full|given|family|display|customer|holder)names?$|surname|birth|nationalid|passport|idnumber/;

/** Throws on the first key of `value`, however deep, that looks like a secret or a person's papers. */
export function refuseSecrets(value: Json | undefined, where: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const path = `${where}.${key}`;
    assert(!isSecret(key), `${path} looks like a secret: the forensic log keeps none`);
    assert(!personalParts.test(compact(key)), `${path} looks like a person's papers: the forensic log keeps ids only`);
    refuseSecrets(inner, path);
  }
}

function isSecret(key: string): boolean {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .map((word) => word.replace(/s$/, ''));
  // A key is told by its id: `keyId`, `key_ids`.
  const isKey = words.some((word, place) => word === 'key' && words[place + 1] !== 'id' && words[place + 1] !== 'name');
  return isKey || words.some((word) => secretWords.has(word)) || secretParts.test(compact(key));
}

function compact(key: string): string {
  return key.toLowerCase().replace(/[^a-z]/g, '');
}
