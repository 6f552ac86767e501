using System.Runtime.CompilerServices;

namespace PreferenceLosses.Tests.PublicApi;

/// <summary>
/// A text against the committed one of that name, in the folder of the test that asks: on a difference the new text is written
/// beside it, as <c>.received.txt</c>; replace it if the change is meant.
/// </summary>
internal static class CommittedText
{
    public static void Compare(string file, string actual, [CallerFilePath] string here = "")
    {
        var committed = Path.Combine(AppContext.BaseDirectory, "PublicApi", file);
        var expected = File.Exists(committed) ? File.ReadAllText(committed) : "";
        if (expected == actual)
        {
            return;
        }

        var folder = Path.GetDirectoryName(here)!;
        var received = Path.Combine(Directory.Exists(folder) ? folder : AppContext.BaseDirectory, Path.ChangeExtension(file, ".received.txt"));
        File.WriteAllText(received, actual);
        var (gone, added) = (expected.Split('\n').Except(actual.Split('\n')), actual.Split('\n').Except(expected.Split('\n')));
        Assert.Fail($"The public API differs from {file}; the new one is in {received}.\n"
            + string.Join('\n', gone.Select(line => "- " + line).Concat(added.Select(line => "+ " + line))));
    }
}
