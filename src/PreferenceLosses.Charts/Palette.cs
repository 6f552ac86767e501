using System.Collections.Immutable;
using System.Text;

namespace PreferenceLosses.Charts;

/// <summary>
/// The colours of both themes. Those of the series have a contrast of 3 to their background at least, those of text of 4.5, and they stay apart for readers who
/// do not see red or green; the tests compute it.
/// </summary>
internal sealed record Palette(string Background, string Text, string Muted, string Grid, ImmutableArray<string> Series)
{
    /// <summary>What the names of classes begin with, because a chart may be put into a page with classes of its own.</summary>
    public const string Prefix = "plc-";

    public static Palette Light { get; } = new(
        "#ffffff", "#1f2328", "#57606a", "#dfe3e8",
        ["#004bc8", "#e27406", "#06a675", "#872573", "#673900", "#111308", "#2e9ad8"]);

    public static Palette Dark { get; } = new(
        "#15181d", "#e6e8eb", "#a3abb5", "#30363d",
        ["#4f8cff", "#e07c28", "#30cb88", "#c65d9f", "#fae42a", "#edfffc", "#5acfff"]);

    /// <summary>The style sheet of a theme, whose rules hold within elements of <see cref="ClassOf"/> alone.</summary>
    public static string StyleSheet(Theme theme)
    {
        var css = new StringBuilder();
        var scope = ClassOf(theme);
        switch (theme)
        {
            case Theme.Light:
                Light.AddRules(css, scope);
                break;
            case Theme.Dark:
                Dark.AddRules(css, scope);
                break;
            default:
                Light.AddRules(css, scope);
                css.Append("@media (prefers-color-scheme: dark) {\n");
                Dark.AddRules(css, scope);
                css.Append("}\n");
                break;
        }

        return css.ToString();
    }

    public static string ClassOf(Theme theme) => Prefix + theme switch
    {
        Theme.Light => "light",
        Theme.Dark => "dark",
        _ => "automatic",
    };

    private void AddRules(StringBuilder css, string scope)
    {
        Rule("background", "fill", Background);
        Rule("text", "fill", Text);
        Rule("muted", "fill", Muted);
        Rule("halo", "stroke", Background);
        Rule("grid", "stroke", Grid);
        Rule("axis", "stroke", Muted);
        for (var i = 0; i < Series.Length; i++)
        {
            Rule($"series{i}", "color", Series[i]);
        }

        void Rule(string name, string property, string colour) => css.Append($".{scope} .{Prefix}{name} {{ {property}: {colour} }}\n");
    }
}
