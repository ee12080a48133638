declare module 'africastalking' {
  const createClient: (options: { username: string; apiKey: string }) => unknown;
  export = createClient;
}
