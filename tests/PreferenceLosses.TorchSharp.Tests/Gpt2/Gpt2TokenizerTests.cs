using System.Text;
using System.Text.Json;
using PreferenceLosses.Training;
using TinyTransformer;

namespace PreferenceLosses.Torch.Tests.Gpt2;

/// <summary>Byte pair encoding with a handful of merges that can be followed by hand.</summary>
public sealed class Gpt2TokenizerTests
{
    /// <summary>Ġ is how the files write the space before a word.</summary>
    private static readonly (string First, string Second)[] Merges = [("l", "o"), ("Ġ", "lo"), ("w", "e"), ("lo", "we"), ("Ġlo", "w"), ("e", "r"), ("lowe", "r"), ("Ã", "¤")];

    private static readonly string[] Vocabulary =
        [.. Enumerable.Range(0, 256).Select(Visible), .. Merges.Select(merge => merge.First + merge.Second), "<|endoftext|>"];

    private static readonly Gpt2Tokenizer Tokenizer = new(Vocabulary, Merges);

    [Theory]
    [InlineData("lower", "lower")] // lo w e r → lo we r → lowe r (lo+we before e+r) → lower
    [InlineData("low", "lo w")] // "low" without a space has no merge
    [InlineData(" low", "Ġlow")] // Ġ lo w → Ġlo w → Ġlow
    [InlineData(" lower", "Ġlo we r")] // Ġ+lo is made before lo+we
    [InlineData("lolo", "lo lo")]
    [InlineData("lo's lo", "lo ' s Ġlo")] // words end before 's
    [InlineData("lo  lo\n", "lo Ġ Ġlo Ċ")] // of two spaces the second goes with the word
    [InlineData("lo12?lo", "lo 1 2 ? lo")]
    [InlineData("ä€", "Ã¤ â Ĥ ¬")] // E2 82 AC, where 82 is not visible: U+0124
    [InlineData("", "")]
    public void Merges_are_made_in_their_order(string text, string tokens)
    {
        var ids = Tokenizer.Encode(text);
        Assert.Equal(tokens, string.Join(" ", ids.Select(id => Vocabulary[id])));
        Assert.Equal(text, Tokenizer.Decode(ids));
    }

    [Fact]
    public void Every_text_comes_back()
    {
        var random = new RandomStream(6);
        for (var i = 0; i < 500; i++)
        {
            // Characters of one to four bytes, white space and letters that merge among them.
            var text = string.Concat(Enumerable.Range(0, random.NextInt(20)).Select(_ => random.NextInt(4) switch
            {
                0 => new Rune(random.NextInt(0xD800)).ToString(),
                1 => new Rune(0x10000 + random.NextInt(0x100000)).ToString(),
                2 => " \n\t\u00a0'"[random.NextInt(5)].ToString(),
                _ => "lower"[random.NextInt(5)].ToString(),
            }));
            Assert.Equal(text, Tokenizer.Decode(Tokenizer.Encode(text)));
        }

        const string Mixed = "It's  naïve — 42 cafés,\r\n\t日本語 😀 don't 'll";
        Assert.Equal(Mixed, Tokenizer.Decode([.. Tokenizer.Encode(Mixed), Tokenizer.EndOfText]));
        Assert.Equal(Vocabulary.Length - 1, Tokenizer.EndOfText);
    }

    [Fact]
    public void The_published_files_are_read_and_others_refused()
    {
        var folder = Directory.CreateTempSubdirectory("gpt2-tokens-").FullName;
        var (vocabulary, merges) = (Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
        File.WriteAllText(merges, "#version: 0.2\n" + string.Join("\n", Merges.Select(merge => $"{merge.First} {merge.Second}")) + "\n");
        File.WriteAllText(vocabulary, JsonSerializer.Serialize(Vocabulary.Reverse().ToDictionary(token => token, token => Array.IndexOf(Vocabulary, token))));
        Assert.Equal(Tokenizer.Encode("a lower, low käse"), Gpt2Tokenizer.Load(vocabulary, merges).Encode("a lower, low käse"));

        void Refused(string json, string message)
        {
            File.WriteAllText(vocabulary, json);
            Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Gpt2Tokenizer.Load(vocabulary, merges)).Message, StringComparison.Ordinal);
        }

        Refused("[1]", "is not the vocabulary of a GPT-2");
        Refused("""{"a":0,"b":2}""", "numbers 'b' 2; tokens have the numbers from 0 on, each once");
        Refused("""{"a":0}""", "The vocabulary has no token");
        File.WriteAllText(merges, "a b c\n");
        Refused("""{"a":0}""", "has the line 'a b c'");
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>How the files write a byte, from the table of the paper's code: 188 bytes as they are, and 68 from U+0100 on in their order.</summary>
    private static string Visible(int value)
    {
        bool IsKept(int b) => (b > 32 && b < 127) || (b > 160 && b < 173) || b > 173;
        return ((char)(IsKept(value) ? value : 256 + Enumerable.Range(0, value).Count(b => !IsKept(b)))).ToString();
    }
}
