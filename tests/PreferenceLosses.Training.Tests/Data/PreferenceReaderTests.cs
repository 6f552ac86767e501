using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using PreferenceLosses.Training.Tests.Support;

namespace PreferenceLosses.Training.Tests.Data;

/// <summary>What each format gives, and in what files it is found.</summary>
public sealed class PreferenceReaderTests : IDisposable
{
    private const string Pair = """{"prompt": "The sky is", "chosen": " blue.", "rejected": " green."}""";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_pair_with_its_prompt()
    {
        var example = One(Pair);
        Assert.Equal(ExampleKind.Pair, example.Kind);
        Assert.Equal("The sky is", example.Prompt);
        Assert.Equal<string>([" blue.", " green."], example.Completions);
        Assert.Empty(example.Scores);
        Assert.Equal((folder.PathOf("data.jsonl"), 1), (example.File, example.Line));
    }

    [Theory]
    [InlineData("chosen_score", "rejected_score")]
    [InlineData("score_chosen", "score_rejected")]
    public void A_pair_with_scores(string chosen, string rejected) => Assert.Equal<double>(
        [8.5, -1],
        One($$"""{"prompt": "p", "chosen": "a", "rejected": "b", "{{rejected}}": -1, "{{chosen}}": 8.5}""").Scores);

    // The prompt ends after the last mark that both have, whatever else they have in common.
    [Theory]
    [InlineData(@"\n\nHuman: Hi\n\nAssistant: No.", @"\n\nHuman: Hi\n\nAssistant: Now.", "\n\nHuman: Hi\n\nAssistant:", " No.", " Now.")]
    [InlineData(
        @"\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Why\n\nAssistant: So.", @"\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Who\n\nAssistant: I.",
        "\n\nHuman: Hi\n\nAssistant:", " Yes?\n\nHuman: Why\n\nAssistant: So.", " Yes?\n\nHuman: Who\n\nAssistant: I.")]
    [InlineData(@"\n\nHuman: Hi\n\nAssistant: Same.", @"\n\nHuman: Hi\n\nAssistant: Same.", "\n\nHuman: Hi\n\nAssistant:", " Same.", " Same.")]
    [InlineData(@"\n\nHuman: Hi\n\nAssistant:", @"\n\nHuman: Hi\n\nAssistant: Some.", "\n\nHuman: Hi\n\nAssistant:", "", " Some.")]
    [InlineData("The sky is blue.", "The sky is green.", "The sky is", " blue.", " green.")]
    [InlineData("The sky is grey.", "The sky is green.", "The sky is", " grey.", " green.")]
    [InlineData("The sky is", "The sky is green.", "The sky", " is", " is green.")]
    [InlineData("One line\\n\\none", "One line\\n\\ntwo", "One line", "\n\none", "\n\ntwo")]
    [InlineData("blue.", "green.", "", "blue.", "green.")]
    [InlineData("same words", "same words", "same", " words", " words")]
    [InlineData(" a", " b", "", " a", " b")]
    [InlineData("", "", "", "", "")]
    public void A_pair_with_an_implicit_prompt(string chosen, string rejected, string prompt, string chosenRest, string rejectedRest)
    {
        var example = One($$"""{"chosen": "{{chosen}}", "rejected": "{{rejected}}"}""");
        Assert.Equal(prompt, example.Prompt);
        Assert.Equal<string>([chosenRest, rejectedRest], example.Completions);
    }

    [Fact]
    public void An_unpaired_completion_with_its_label()
    {
        var examples = Read(
            """{"prompt": "The sky is", "completion": " blue.", "label": true}""",
            """{"prompt": "The sky is", "completion": " green.", "label": false}""",
            """{"prompt": "The sky is", "completion": " up.", "label": 1}""",
            """{"prompt": "The sky is", "completion": " down.", "label": 0}""");
        Assert.All(examples, example => Assert.Equal(ExampleKind.Unpaired, example.Kind));
        Assert.Equal([true, false, true, false], examples.Select(example => example.IsDesirable));
        Assert.Equal<string>([" blue.", " green.", " up.", " down."], examples.Select(example => Assert.Single(example.Completions)));
    }

    [Theory]
    [InlineData("completions")]
    [InlineData("responses")]
    public void Ranked_responses_best_first(string name)
    {
        var example = One($$"""{"prompt": "p", "{{name}}": ["best", "middle", "worst"]}""");
        Assert.Equal(ExampleKind.Ranked, example.Kind);
        Assert.Equal<string>(["best", "middle", "worst"], example.Completions);
        Assert.Empty(example.Scores);
    }

    [Fact]
    public void Ranked_responses_with_scores_are_put_in_order_and_ties_stay()
    {
        var example = One("""{"prompt": "p", "completions": ["worst", "tie 1", "best", "tie 2"], "scores": [-1, 0.5, 3e2, 0.5]}""");
        Assert.Equal<string>(["best", "tie 1", "tie 2", "worst"], example.Completions);
        Assert.Equal<double>([300, 0.5, 0.5, -1], example.Scores);
    }

    [Fact]
    public void Messages_are_written_as_HH_RLHF_writes_them()
    {
        var example = One(
            """
            {"prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
             "chosen": [{"role": "assistant", "content": "Yes?"}], "rejected": [{"role": "assistant", "content": "No."}, {"role": "user", "content": "Oh"}]}
            """.ReplaceLineEndings(" "));
        Assert.Equal("\n\nSystem: Be brief.\n\nHuman: Hi\n\nAssistant:", example.Prompt);
        Assert.Equal<string>([" Yes?", " No.\n\nHuman: Oh"], example.Completions);
    }

    // The same conversation as a string and as messages is the same example.
    [Fact]
    public void An_implicit_prompt_of_messages_is_that_of_the_string()
    {
        var messages = One(
            """
            {"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Why"}, {"role": "assistant", "content": "So."}],
             "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Why"}, {"role": "assistant", "content": "No."}]}
            """.ReplaceLineEndings(" "));
        var text = One("""{"chosen": "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Why\n\nAssistant: So.", "rejected": "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Why\n\nAssistant: No."}""");
        Assert.Equal(text.Prompt, messages.Prompt);
        Assert.Equal<string>(text.Completions, messages.Completions);
    }

    [Fact]
    public void Messages_that_differ_before_the_assistant_speaks_part_at_its_turn_before()
    {
        var example = One(
            """
            {"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Why"}, {"role": "assistant", "content": "So."}],
             "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Who"}, {"role": "assistant", "content": "I."}]}
            """.ReplaceLineEndings(" "));
        Assert.Equal("\n\nHuman: Hi\n\nAssistant:", example.Prompt);
        Assert.Equal<string>([" Yes?\n\nHuman: Why\n\nAssistant: So.", " Yes?\n\nHuman: Who\n\nAssistant: I."], example.Completions);
    }

    // As in UltraFeedback.
    [Fact]
    public void A_prompt_that_repeats_a_turn_of_the_messages_is_not_read_twice()
    {
        var example = One(
            """
            {"prompt": "Hi", "chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}],
             "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "No."}], "score_chosen": 8, "score_rejected": 4}
            """.ReplaceLineEndings(" "));
        Assert.Equal("\n\nHuman: Hi\n\nAssistant:", example.Prompt);
        Assert.Equal<string>([" Yes?", " No."], example.Completions);
    }

    [Fact]
    public void Ranked_and_unpaired_messages()
    {
        var ranked = One("""{"prompt": [{"role": "user", "content": "Hi"}], "responses": [[{"role": "assistant", "content": "a"}], [{"role": "assistant", "content": "b"}]]}""");
        Assert.Equal<string>([" a", " b"], ranked.Completions);
        var unpaired = One("""{"prompt": [{"role": "user", "content": "Hi"}], "completion": [{"role": "assistant", "content": "a"}], "label": true}""");
        Assert.Equal(("\n\nHuman: Hi\n\nAssistant:", " a"), (unpaired.Prompt, unpaired.Completions[0]));
    }

    [Fact]
    public void Escapes_and_characters_of_every_plane_come_through() => Assert.Equal<string>(
        ["naïve 👍 \"quoted\"\t", "é\u2028"], One("""{"prompt": "", "chosen": "naïve 👍 \"quoted\"\t", "rejected": "\u00e9\u2028"}""").Completions);

    [Fact]
    public void Several_gzipped_and_plain_files_are_one_dataset_and_gzip_is_known_by_its_bytes()
    {
        var gzipped = folder.PathOf("first.jsonl"); // of a name that does not say so
        using (var stream = new GZipStream(File.Create(gzipped), CompressionLevel.Fastest))
        {
            stream.Write(Encoding.UTF8.GetBytes(Pair + "\n" + Pair + "\n"));
        }

        var plain = folder.Write("second.gz", Pair);
        var reader = new PreferenceReader(gzipped, plain);
        Assert.Equal([(gzipped, 1L), (gzipped, 2L), (plain, 1L)], reader.Read().Select(example => (example.File, example.Line)));
    }

    // A byte order mark, carriage returns, empty lines and a last line that nothing ends.
    [Fact]
    public void Files_of_other_editors_are_read()
    {
        var path = folder.PathOf("data.jsonl");
        File.WriteAllBytes(path, [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Pair + "\r\n\r\n  \t\n" + Pair + "\r\n" + Pair)]);
        Assert.Equal([1L, 4, 5], new PreferenceReader(path).Read().Select(example => example.Line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    public void A_file_without_lines_has_no_examples(string content)
    {
        var path = folder.PathOf("data.jsonl");
        File.WriteAllText(path, content);
        Assert.Empty(new PreferenceReader(path).Read());
    }

    // Lines around the size of the reader's buffer, and of many times it.
    [Fact]
    public void Long_lines_are_read_whole()
    {
        int[] lengths = [65_536 - 60, 65_536 - 48, 65_536 - 47, 65_536 - 46, 65_536 - 45, 65_536, 1, 200_000, 3_000_000, 0];
        var path = folder.Write("data.jsonl", [.. lengths.Select(length => $$"""{"prompt": "", "chosen": "{{new string('x', length)}}", "rejected": ""}""")]);
        Assert.Equal(lengths, new PreferenceReader(path).Read().Select(example => example.Completions[0].Length));
    }

    [Fact]
    public void Examples_are_given_before_the_rest_is_read()
    {
        var path = folder.Write("data.jsonl", Pair, "no example");
        using var examples = new PreferenceReader(path).Read().GetEnumerator();
        Assert.True(examples.MoveNext());
        Assert.Throws<InvalidExampleException>(() => examples.MoveNext());
    }

    // Memory does not grow with the data: of what was read nothing but the last few examples is held, by the reader, the encoder or the store.
    [Fact]
    public void Nothing_that_was_read_is_kept()
    {
        const int count = 2000;
        var path = folder.Write("data.jsonl", [.. Enumerable.Range(0, count).Select(i => $$"""{"prompt": "number {{i}}", "chosen": "a", "rejected": "b"}""")]);
        var (alive, all) = Counted();
        Assert.Equal(2 * count, all);
        Assert.InRange(alive, 0, 20);

        [MethodImpl(MethodImplOptions.NoInlining)]
        (int Alive, int All) Counted()
        {
            var seen = new List<WeakReference>();
            var report = new DataReport();
            var encoder = new ExampleEncoder(new WordTokenizer(Vocabulary.Of([])));
            var texts = new PreferenceReader(path).Read(report).Select(Noted);
            using var store = ExampleStore.Create(folder.PathOf("store"), encoder.Encode(texts, report).Select(Noted).Select(example =>
            {
                if (seen.Count == 2 * count)
                {
                    GC.Collect();
                }

                return example;
            }));
            return (seen.Count(one => one.IsAlive), seen.Count);

            T Noted<T>(T example)
            {
                seen.Add(new WeakReference(example));
                return example;
            }
        }
    }

    [Fact]
    public void A_reader_needs_a_file() => Assert.Throws<ArgumentException>(() => new PreferenceReader());

    private TextExample One(string line) => Assert.Single(Read(line));

    private TextExample[] Read(params ReadOnlySpan<string> lines) => [.. new PreferenceReader(folder.Write("data.jsonl", lines)).Read()];
}
