// args: path of a certificate of somebody else.
const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(args[0]);
const store = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
store.importCertsFromFile(file, Ci.nsIX509Cert.EMAIL_CERT);
