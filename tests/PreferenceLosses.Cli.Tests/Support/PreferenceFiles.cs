using System.Globalization;
using System.Text.Json.Nodes;

namespace PreferenceLosses.Cli.Tests.Support;

/// <summary>Small preference data in a folder of its own: kind words are chosen, rude ones rejected, and the chosen text is the longer one in two of three pairs.</summary>
internal sealed class PreferenceFiles : IDisposable
{
    private static readonly string[] Kind = ["kind", "helpful", "clear", "thanks", "glad"];
    private static readonly string[] Rude = ["rude", "never", "stupid", "wrong", "ugly"];
    private static readonly string[] Plain = ["the", "a", "of", "it", "is", "and", "to"];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("preference-losses-");

    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    public string Pairs(int count = 60, int seed = 1) => Write("pairs.jsonl", count, seed, (prompt, kind, rude, _) => new JsonObject
    {
        ["prompt"] = prompt,
        ["chosen"] = kind,
        ["rejected"] = rude,
    });

    public string Unpaired() => Write("unpaired.jsonl", 60, 2, (prompt, kind, rude, i) => new JsonObject
    {
        ["prompt"] = prompt,
        ["completion"] = i % 2 == 0 ? kind : rude,
        ["label"] = i % 2 == 0,
    });

    public string Ranked() => Write("ranked.jsonl", 60, 3, (prompt, kind, rude, _) => new JsonObject
    {
        ["prompt"] = prompt,
        ["completions"] = new JsonArray(kind, " it is the", rude),
    });

    /// <summary>A word on each line with its worth.</summary>
    public string Rewards() => WriteText("rewards.tsv", "token\tvalence\n" + string.Concat(Kind.Select(word => $"{word}\t1\n")) + string.Concat(Rude.Select(word => $"{word}\t-1.5\tmore\n")));

    public string WriteText(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private string Write(string name, int count, int seed, Func<string, string, string, int, JsonObject> example)
    {
        var random = new Random(seed);
        return WriteText(name, string.Concat(Enumerable.Range(0, count).Select(i =>
        {
            var (prompt, kind, rude) = ($"question {i.ToString(CultureInfo.InvariantCulture)} {Words(Plain, 3)}?", Words(Kind, 3 + (i % 3)), Words(Rude, 4));
            return example(prompt, kind, rude, i).ToJsonString() + "\n";
        })));

        // Every second word is plain; a word is a token.
        string Words(string[] special, int words) =>
            string.Concat(Enumerable.Range(0, words).Select(i => " " + (i % 2 == 0 ? special : Plain)[random.Next(i % 2 == 0 ? special.Length : Plain.Length)]));
    }
}
