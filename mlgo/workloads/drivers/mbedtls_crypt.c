// Hashes and encrypts a file, and raises a number to a power, with Mbed TLS.
#include <mbedtls/aes.h>
#include <mbedtls/bignum.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <stdio.h>

#include "whole_file.h"

static void print(const unsigned char *Bytes, int Count) {
  for (int I = 0; I < Count; ++I)
    printf("%02x", Bytes[I]);
  puts("");
}

static void power(void) {
  mbedtls_mpi Base, Exponent, Modulus, Result;
  mbedtls_mpi_init(&Base);
  mbedtls_mpi_init(&Exponent);
  mbedtls_mpi_init(&Modulus);
  mbedtls_mpi_init(&Result);
  mbedtls_mpi_lset(&Base, 3);
  mbedtls_mpi_lset(&Modulus, 1);
  mbedtls_mpi_shift_l(&Modulus, 1279);
  mbedtls_mpi_sub_int(&Modulus, &Modulus, 1);
  mbedtls_mpi_copy(&Exponent, &Modulus);
  mbedtls_mpi_shift_r(&Exponent, 900);
  mbedtls_mpi_exp_mod(&Result, &Base, &Exponent, &Modulus, NULL);
  unsigned char Bytes[160];
  mbedtls_mpi_write_binary(&Result, Bytes, sizeof Bytes);
  print(Bytes, sizeof Bytes);
}

int main(int Count, char **Arguments) {
  (void)Count;
  size_t Size = 0;
  unsigned char *Text = (unsigned char *)readWholeFile(Arguments[1], &Size);
  unsigned char Sum[64], Key[32] = {7}, Counter[16] = {1}, Stream[16];
  mbedtls_sha1_ret(Text, Size, Sum);
  print(Sum, 20);
  mbedtls_sha256_ret(Text, Size, Sum, 0);
  print(Sum, 32);
  mbedtls_sha512_ret(Text, Size, Sum, 0);
  print(Sum, 64);
  mbedtls_aes_context Cipher;
  mbedtls_aes_init(&Cipher);
  mbedtls_aes_setkey_enc(&Cipher, Key, 256);
  size_t Offset = 0;
  mbedtls_aes_crypt_ctr(&Cipher, Size, &Offset, Counter, Stream, Text, Text);
  mbedtls_chachapoly_context Poly;
  mbedtls_chachapoly_init(&Poly);
  mbedtls_chachapoly_setkey(&Poly, Key);
  mbedtls_chachapoly_encrypt_and_tag(&Poly, Size, Counter, NULL, 0, Text, Text, Sum);
  print(Sum, 16);
  power();
  return 0;
}
