namespace PreferenceLosses.Cli.Tests.Discovery;

/// <summary>A folder with an evaluator of milliseconds, which is gone after the test. Its score follows from the objective's number and the seed.</summary>
internal sealed class DiscoverFolder : IDisposable
{
    private const string Script = """
        #!/bin/sh
        # The candidate begins with its number and, for a search, has one seed.
        set -- $(sed 's/^{"format":1,"number":\([0-9]*\),.*"seeds":\[\([0-9]*\)\],"pytorch".*/\1 \2/')
        if [ "$1" = 9 ] && [ -e "$(dirname "$0")/broken" ]; then echo "no node" >&2; exit 3; fi
        echo "{\"format\":1,\"scores\":[{\"seed\":$2,\"score\":0.$(( ($1 * 37 + $2 * $1) % 89 + 10 ))}]}"
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("preference-losses-");

    public DiscoverFolder()
    {
        File.WriteAllText(Evaluator, Script.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Evaluator, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public string Evaluator => PathOf("evaluate.sh");

    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    /// <summary>The options of a run with this evaluator.</summary>
    public string[] Run(string name, params string[] more) => ["discover", "run", "--output", PathOf(name), "--evaluator", Evaluator, "--evaluator-tries", "1", "--seeds", "2,3", .. more];

    public void Dispose() => folder.Delete(recursive: true);
}
