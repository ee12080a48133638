import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** Makes `<name>.key` and `<name>.pem`, a certificate for 127.0.0.1 that vouches for itself. */
export async function issueCertificate(folder: string, name: string): Promise<void> {
  const made = ['-keyout', path.join(folder, `${name}.key`), '-out', path.join(folder, `${name}.pem`)];
  const about = ['-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...about, ...made]);
}
