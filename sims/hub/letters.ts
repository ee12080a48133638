import type { KeyObject } from 'node:crypto';
import type { Post } from './post';
import { signatureOf } from './sign';

/** What the hub writes itself. */
export interface Letters {
  readonly post: Post;
  readonly own: (to: string, method: string, path: string, body: object) => void;
  readonly fail: (to: string, path: string, errorCode: string, errorDescription: string) => void;
}

export function createLetters(post: Post, { version = '2.0', key }: { version?: string; key?: KeyObject }): Letters {
  const own: Letters['own'] = (to, method, path, body) => {
    const resource = path.split('/')[1] ?? '';
    const headers = {
      'content-type': `application/vnd.interoperability.${resource}+json;version=${version}`,
      date: new Date().toUTCString(),
      'fspiop-source': 'Hub',
      'fspiop-destination': to,
    };
    const bytes = Buffer.from(JSON.stringify(body));
    const signature = key && signatureOf({ method, path, headers, body: bytes }, key);
    post.bring(to, { method, path, headers: { ...headers, ...signature }, body: bytes.toString('base64') });
  };
  return {
    post,
    own,
    fail: (to, path, errorCode, errorDescription) =>
      own(to, 'PUT', `${path}/error`, { errorInformation: { errorCode, errorDescription, extensionList: [] } }),
  };
}
