// Takes the place of Expat's own salt of its hashes, so that runs of different builds are the same.

unsigned long generate_hash_secret_salt(void *Parser);

unsigned long generate_hash_secret_salt(void *Parser) {
  (void)Parser;
  return 0x9e3779b97f4a7c15UL;
}
