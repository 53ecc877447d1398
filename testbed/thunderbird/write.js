// args: to, subject, text, paths of files. Writes in the compose window and sends.
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const [to, subject, text, paths] = args;
const { sleep, until } = testbed;
const make = (contract, kind) => Cc[contract].createInstance(kind);
const fields = make("@mozilla.org/messengercompose/composefields;1", Ci.nsIMsgCompFields);
Object.assign(fields, { to, subject, body: text, forcePlainText: true });
const wanted = make("@mozilla.org/messengercompose/composeparams;1", Ci.nsIMsgComposeParams);
wanted.composeFields = fields;
wanted.type = Ci.nsIMsgCompType.New;
wanted.format = Ci.nsIMsgCompFormat.PlainText;
wanted.identity = MailServices.accounts.defaultAccount.defaultIdentity;
MailServices.compose.OpenComposeWindowWithParams(null, wanted);
const window = await until(() => {
  const found = Services.wm.getMostRecentWindow("msgcompose");
  return found?.gMsgCompose?.editor && found.composeEditorReady !== false && found;
}, 30, "the compose window");
await sleep(1000);
const attached = path => {
  const file = make("@mozilla.org/file/local;1", Ci.nsIFile);
  file.initWithPath(path);
  const one = make("@mozilla.org/messengercompose/attachment;1", Ci.nsIMsgAttachment);
  one.url = Services.io.newFileURI(file).spec;
  one.name = file.leafName;
  one.size = file.fileSize;
  return one;
};
await window.AddAttachments(paths.map(attached));
await sleep(1000);
const set = {
  signs: window.gSendSigned,
  encrypts: window.gSendEncrypted,
  openpgp: window.gSelectedTechnologyIsPGP,
};
window.goDoCommand("cmd_sendNow");
let sent = false;
for (let waited = 0; waited < 150 && !(sent = window.closed); waited++) {
  await sleep(100);
}
const notes = sent ? [] : Array.from(
  window.document.querySelectorAll("notification-message"),
  each => each.messageText?.textContent ?? "",
);
if (!sent) {
  window.gContentChanged = false;
  window.close();
}
return { ...set, sent, notes, asked: testbed.asked.splice(0) };
