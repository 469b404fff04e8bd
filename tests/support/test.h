// doctest, under names that leave CHECK to base/check.h: a test says EXPECT, the code says CHECK.
#pragma once

#define DOCTEST_CONFIG_NO_SHORT_MACRO_NAMES
#include <doctest/doctest.h>

#define TEST_SUITE(...) DOCTEST_TEST_SUITE(__VA_ARGS__)
#define TEST_CASE(...) DOCTEST_TEST_CASE(__VA_ARGS__)
#define SUBCASE(...) DOCTEST_SUBCASE(__VA_ARGS__)
#define EXPECT(...) DOCTEST_CHECK(__VA_ARGS__)
#define EXPECT_FALSE(...) DOCTEST_CHECK_FALSE(__VA_ARGS__)
#define REQUIRE(...) DOCTEST_REQUIRE(__VA_ARGS__)
#define REQUIRE_FALSE(...) DOCTEST_REQUIRE_FALSE(__VA_ARGS__)
#define FAIL(...) DOCTEST_FAIL(__VA_ARGS__)
#define CAPTURE(...) DOCTEST_CAPTURE(__VA_ARGS__)
#define INFO(...) DOCTEST_INFO(__VA_ARGS__)
#define MESSAGE(...) DOCTEST_MESSAGE(__VA_ARGS__)
