/** @file check_digest.c @brief SHA-256 and base64 against published vectors. */
#include "digest.h"

#include <stdint.h>
#include <string.h>

#include "sqn_check.h"

START_TEST(sha256_gives_the_published_digests)
{
    static const struct {
        const char *text, *digest;
    } known[] = {
        /* FIPS 180-4, examples of NIST */
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
    char text[DIGEST_TEXT_MAX];
    digest *sum = digest_begin();

    digest_add(sum, "something else", 14);
    digest_again(sum);
    for (int i = 0; i < 2; i++) { /* the second time as the first: the text begins anew */
        digest_add(sum, known[_i].text, strlen(known[_i].text));
        digest_text(text, sum);
        ck_assert_str_eq(text, known[_i].digest);
    }
    digest_end(&sum);
    ck_assert_ptr_null(sum);
}
END_TEST

START_TEST(blocks_have_the_digest_of_the_whole)
{
    enum { BLOCK = 997 /* of which nothing is a multiple */ };
    static char bytes[100003];
    char whole[DIGEST_TEXT_MAX], blocks[DIGEST_TEXT_MAX];
    digest *sum = digest_begin();

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i * 7 % 101);
    }
    digest_add(sum, bytes, sizeof bytes);
    digest_text(whole, sum);
    for (size_t i = 0; i < sizeof bytes; i += BLOCK) {
        const size_t left = sizeof bytes - i;

        digest_add(sum, bytes + i, left < BLOCK ? left : BLOCK);
        digest_add(sum, NULL, 0);
    }
    digest_text(blocks, sum);
    ck_assert_str_eq(whole, blocks);
    digest_end(&sum);
}
END_TEST

START_TEST(base64_gives_the_published_texts)
{
    static const char *const known[][2] = {/* RFC 4648, section 10 */
                                           {"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    char text[16];

    memset(text, '#', sizeof text);
    ck_assert_uint_eq(digest_base64_max(strlen(known[_i][0])), strlen(known[_i][1]) + 1);
    digest_base64(text, known[_i][0], strlen(known[_i][0]));
    ck_assert_str_eq(text, known[_i][1]);
    ck_assert_int_eq(text[strlen(known[_i][1]) + 1], '#'); /* not a byte more */
}
END_TEST

START_TEST(base64_holds_every_byte)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t bytes[255];
    char text[341];

    for (int i = 0; i < 255; i++) {
        bytes[i] = (uint8_t)(i + 1);
    }
    ck_assert_uint_eq(digest_base64_max(sizeof bytes), sizeof text);
    digest_base64(text, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) { /* decoded by the definition */
        const size_t bit = 8 * i, first = bit / 6;
        const long high = strchr(alphabet, text[first]) - alphabet;
        const long low = strchr(alphabet, text[first + 1]) - alphabet;
        const unsigned long pair = (unsigned long)(high << 6 | low);

        ck_assert_uint_eq((pair >> (4 - bit % 6)) & 0xff, bytes[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("vectors");

    tcase_add_loop_test(tcase, sha256_gives_the_published_digests, 0, 3);
    tcase_add_test(tcase, blocks_have_the_digest_of_the_whole);
    tcase_add_loop_test(tcase, base64_gives_the_published_texts, 0, 7);
    tcase_add_test(tcase, base64_holds_every_byte);
    suite_add_tcase(suite, tcase);
    return sqn_check_run(suite);
}
