// Wait for the main window; from then on no question waits for an answer that nobody gives:
// what is asked is kept in `testbed.asked`, and the answer is yes.
const sleep = milliseconds =>
  new Promise(resolve => {
    const timer = Cc["@mozilla.org/timer;1"].createInstance(Ci.nsITimer);
    timers.add(timer);
    timer.initWithCallback(() => (timers.delete(timer), resolve()), milliseconds, 0);
  });
const timers = new Set();
const until = async (reached, seconds, what) => {
  for (let waited = 0; waited < seconds * 10; waited++) {
    const found = reached();
    if (found) {
      return found;
    }
    await sleep(100);
  }
  throw new Error(`${what}: not within ${seconds} s`);
};
globalThis.testbed = { asked: [], sleep, until };
await until(() => Services.wm.getMostRecentWindow("mail:3pane"), 60, "the main window");
const real = Services.prompt;
const answering = name => (...told) => {
  testbed.asked.push([name, ...told.filter(each => typeof each === "string")]);
  return name === "confirmEx" ? 0 : true;
};
Services.prompt = new Proxy({}, {
  get: (_, name) => (/^(alert|confirm|prompt|select)/.test(name) ? answering(name) : real[name]),
});
// As the button "Select…" of the account's settings does, for signing and for encryption.
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const identity = MailServices.accounts.defaultAccount.defaultIdentity;
const store = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
const isOwn = each => each.certType === Ci.nsIX509Cert.USER_CERT;
const own = store.getCerts().find(isOwn);
for (const use of ["signing", "encryption"]) {
  identity.setUnicharAttribute(`${use}_cert_name`, own.displayName);
  identity.setUnicharAttribute(`${use}_cert_dbkey`, own.dbKey);
}
