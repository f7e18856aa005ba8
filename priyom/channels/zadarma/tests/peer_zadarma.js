// The npm library `zadarma` asks the emulator for the balance and for a call, with its own signatures.
const { api } = require('zadarma');

const [baseURL, key, secret, from, to] = process.argv.slice(2);

async function main() {
  const ask = (api_method, params, api_secret_key = secret) =>
    api({ baseURL, api_method, params, api_user_key: key, api_secret_key });
  const balance = await ask('/v1/info/balance/', {});
  const call = await ask('/v1/request/callback/', { from, to });
  const forged = await ask('/v1/info/balance/', {}, secret.slice(0, -1) + 'x');
  console.log(JSON.stringify({ balance: balance.status, call: call.status, to: call.to, forged: forged.status }));
}

main();
